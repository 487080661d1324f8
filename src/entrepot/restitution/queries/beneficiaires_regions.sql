select
    trimestre,
    niveau,
    code,
    'ensemble' as code_public,
    libelle as region,
    max(flux) filter (where indicateur = 'identifies') as identifies_flux,
    max(cumul) filter (where indicateur = 'identifies') as identifies_cumul,
    max(flux) filter (where indicateur = 'touches_frein') as touches_flux,
    max(cumul) filter (where indicateur = 'touches_frein') as touches_cumul,
    max(nb_repondants) as nb_repondants,
    max(nb_attendus) as nb_attendus,
    max(nb_reportes) as nb_reportes
from marts.bilan_beneficiaires
where trimestre = %(trimestre)s and niveau = 'region' and public = 'ensemble' and sexe = 'T'
group by trimestre, niveau, code, libelle
order by code
