-- Both populations quarter by quarter; the vintage says whether the flow was declared or derived from two cumuls.
select
    dim_trimestre.trimestre,
    dim_trimestre.libelle,
    dim_trimestre.millesime,
    'france' as niveau,
    'FR' as code,
    'ensemble' as code_public,
    max(bilan.flux) filter (where bilan.indicateur = 'identifies') as identifies_flux,
    max(bilan.cumul) filter (where bilan.indicateur = 'identifies') as identifies_cumul,
    max(bilan.flux) filter (where bilan.indicateur = 'touches_frein') as touches_flux,
    max(bilan.cumul) filter (where bilan.indicateur = 'touches_frein') as touches_cumul,
    max(bilan.nb_repondants) as nb_repondants,
    max(bilan.nb_attendus) as nb_attendus,
    max(bilan.nb_reportes) filter (where bilan.indicateur = 'identifies') as nb_reportes,
    max(bilan.nb_cumuls_incomplets) filter (where bilan.indicateur = 'identifies') as nb_cumuls_incomplets,
    max(bilan.nb_flux_pluri_trimestres) filter (where bilan.indicateur = 'identifies') as nb_flux_pluri_trimestres
from marts.bilan_beneficiaires as bilan
inner join marts.dim_trimestre using (trimestre)
where
    bilan.trimestre <= %(trimestre)s and bilan.niveau = 'france' and bilan.public = 'ensemble' and bilan.sexe = 'T'
group by dim_trimestre.trimestre, dim_trimestre.libelle, dim_trimestre.millesime
order by dim_trimestre.trimestre
