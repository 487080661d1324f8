-- The two populations by public; publics overlap, so their rows do not add up to « Ensemble ».
select
    max(bilan.trimestre) as trimestre,
    max(bilan.niveau) as niveau,
    max(bilan.code) as code,
    dim_public.public as code_public,
    dim_public.libelle as public,
    max(bilan.flux) filter (where bilan.indicateur = 'identifies') as identifies_flux,
    max(bilan.cumul) filter (where bilan.indicateur = 'identifies') as identifies_cumul,
    max(bilan.flux) filter (where bilan.indicateur = 'touches_frein') as touches_flux,
    max(bilan.cumul) filter (where bilan.indicateur = 'touches_frein') as touches_cumul,
    max(bilan.nb_repondants) as nb_repondants,
    max(bilan.nb_attendus) as nb_attendus
from marts.bilan_beneficiaires as bilan
inner join marts.dim_public using (public)
where bilan.trimestre = %(trimestre)s and bilan.niveau = 'france' and bilan.sexe = 'T'
group by dim_public.public, dim_public.libelle, dim_public.rang
order by dim_public.public <> 'ensemble', dim_public.rang
